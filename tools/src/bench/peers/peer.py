# scikit-learn's GaussianMixture, and EM by hand in numpy for families it does not have. A line {"iterations": N} on standard input runs N
# iterations from the start and answers with a line {"milliseconds", "logLikelihood"}.
import json, sys, time
import numpy as np

folder = sys.argv[1]
problem = json.load(open(folder + "/problem.json"))
n, d, k = problem["rows"], problem["dimension"], problem["components"]
data = np.ascontiguousarray(np.fromfile(folder + "/columns.bin").reshape(d, n).T)
weights = np.array(problem["weights"])
means = np.array(problem["means"], dtype=float)
kind = problem["kind"]


def scikit(iterations):
    import warnings
    from sklearn.mixture import GaussianMixture

    warnings.simplefilter("ignore")
    structure = "diag" if kind in ("diagonal", "gaussian") else "full"
    precision = 1 / problem["variance"]
    precisions = np.full((k, d), precision) if structure == "diag" else np.stack([precision * np.eye(d)] * k)
    model = GaussianMixture(
        k, covariance_type=structure, tol=0, reg_covar=0, max_iter=max(iterations, 1), init_params="random", random_state=1,
        weights_init=weights, means_init=means.reshape(k, d), precisions_init=precisions,
    )
    begin = time.perf_counter()
    model.fit(data)
    took = time.perf_counter() - begin
    return took, lambda: model.score(data) * n


def by_hand(iterations):
    x = data[:, 0]
    begin = time.perf_counter()
    w, p = weights.copy(), means.copy()
    likelihood = 0.0
    if kind == "binomial":
        from scipy.special import gammaln

        m = problem["trials"]
        coefficient = gammaln(m + 1) - gammaln(x + 1) - gammaln(m - x + 1)
    for step in range(iterations + 1):
        if kind == "exponential":
            joint = np.log(w * p) - np.outer(x, p)
        else:
            joint = np.log(w) + np.outer(x, np.log(p)) + np.outer(m - x, np.log1p(-p)) + coefficient[:, None]
        largest = joint.max(axis=1, keepdims=True)
        np.exp(joint - largest, out=joint)
        total = joint.sum(axis=1, keepdims=True)
        likelihood = float((np.log(total) + largest).sum())
        if step == iterations:
            break
        joint /= total
        counts = joint.sum(axis=0)
        w = counts / n
        sums = x @ joint
        p = counts / sums if kind == "exponential" else sums / (m * counts)
    return time.perf_counter() - begin, lambda: likelihood


run = by_hand if kind in ("exponential", "binomial") else scikit
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    took, likelihood = run(json.loads(line)["iterations"])
    print(json.dumps({"milliseconds": 1000 * took, "logLikelihood": likelihood()}), flush=True)
