"""Runs scikit-learn's GaussianMixture on the cases of the accuracy report: `accuracy.py < cases.json > answers.json`.

Each case is the data, a start and a number of M-steps; the answer is the parameters after exactly so many M-steps and the total
log-likelihood that the library reports. Numbers are written with 17 digits. NaN and failures are written as null with a reason.
"""
import json
import platform
import sys
import warnings

import numpy
import sklearn
from sklearn.mixture import GaussianMixture


def finite(value):
    array = numpy.asarray(value, dtype=float)
    return array.tolist() if numpy.isfinite(array).all() else None


def answer(case, reg_covar):
    rows = numpy.array(case["rows"], dtype=float)
    weights = numpy.array(case["start"]["weights"])
    means, covariances = [], []
    for component in case["start"]["components"]:
        means.append(numpy.atleast_1d(component["mean"]))
        covariances.append(numpy.atleast_2d(component.get("covariance", component.get("variance"))))
    mixture = GaussianMixture(
        n_components=len(weights),
        covariance_type="full",
        tol=0.0,
        reg_covar=reg_covar,
        max_iter=case["iterations"],
        weights_init=weights,
        means_init=numpy.array(means),
        precisions_init=numpy.array([numpy.linalg.inv(matrix) for matrix in covariances]),
    )
    mixture.fit(rows)
    if mixture.n_iter_ != case["iterations"]:
        return {"failure": f"stopped after {mixture.n_iter_} iterations"}
    found = {
        "weights": finite(mixture.weights_),
        "means": finite(mixture.means_),
        "covariances": finite(mixture.covariances_),
        "logLikelihood": finite(mixture.score(rows) * len(rows)),
    }
    if any(value is None for value in found.values()):
        return {"failure": "NaN"}
    return found


def attempt(case, reg_covar):
    try:
        with warnings.catch_warnings(), numpy.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return answer(case, reg_covar)
    except Exception as error:  # whatever it is, it is its answer
        return {"failure": type(error).__name__}


cases = json.load(sys.stdin)
json.dump(
    {
        "versions": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__, "python": platform.python_version()},
        "answers": {
            "scikit-learn": [attempt(case, 1e-6) for case in cases],
            "scikit-learn, reg_covar=0": [attempt(case, 0.0) for case in cases],
        },
    },
    sys.stdout,
)
