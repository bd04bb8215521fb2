# Runs mclust's em() on the cases of the accuracy report: `Rscript accuracy.R < cases.json > answers.json`.
# Each case is the data, a start and a number of M-steps; the answer is the parameters after exactly so many M-steps and the log-likelihood
# that the library reports. em() ends by itself when the log-likelihood no longer moves, whatever the tolerance, which is before the parameters
# stand still: so it is asked for one M-step at a time. Numbers are written with 17 digits; NA and failures with a reason.
suppressPackageStartupMessages({ library(jsonlite); library(mclust) })

matrix_of <- function(value) if (is.list(value)) do.call(rbind, lapply(value, unlist)) else matrix(unlist(value), 1)

answer <- function(case) {
  rows <- do.call(rbind, lapply(case$rows, unlist))
  columns <- ncol(rows)
  weights <- unlist(case$start$weights)
  count <- length(weights)
  means <- sapply(case$start$components, function(component) unlist(component$mean))
  control <- emControl(tol = c(0, 0), itmax = c(1, 1), eps = 0)
  run <- function(model, data, parameters) {
    for (step in seq_len(case$iterations)) {
      found <- em(modelName = model, data = data, parameters = parameters, control = control)
      parameters <- found$parameters
    }
    found
  }
  if (columns == 1) {
    variances <- sapply(case$start$components, function(component) unlist(if (is.null(component$variance)) component$covariance else component$variance))
    parameters <- list(pro = weights, mean = as.vector(means), variance = list(modelName = "V", d = 1, G = count, sigmasq = variances))
    found <- run("V", as.vector(rows), parameters)
    covariances <- lapply(found$parameters$variance$sigmasq, function(variance) list(list(variance)))
    means <- lapply(as.vector(found$parameters$mean), function(mean) list(mean))
  } else {
    sigma <- array(0, c(columns, columns, count))
    for (k in seq_len(count)) sigma[, , k] <- matrix_of(case$start$components[[k]]$covariance)
    variance <- list(modelName = "VVV", d = columns, G = count, sigma = sigma, cholsigma = array(apply(sigma, 3, chol), dim(sigma)))
    found <- run("VVV", rows, list(pro = weights, mean = means, variance = variance))
    covariances <- lapply(seq_len(count), function(k) lapply(seq_len(columns), function(i) as.list(found$parameters$variance$sigma[i, , k])))
    means <- lapply(seq_len(count), function(k) as.list(found$parameters$mean[, k]))
  }
  numbers <- unlist(list(found$parameters$pro, means, covariances, found$loglik))
  if (length(numbers) == 0 || any(!is.finite(numbers))) return(list(failure = "NA"))
  list(weights = as.list(found$parameters$pro), means = means, covariances = covariances, logLikelihood = found$loglik)
}

cases <- fromJSON(file("stdin"), simplifyVector = FALSE)
answers <- lapply(cases, function(case) tryCatch(suppressWarnings(answer(case)), error = function(e) list(failure = "error")))
version <- paste(R.version$major, R.version$minor, sep = ".")
cat(toJSON(
  list(versions = list(mclust = as.character(packageVersion("mclust")), R = version), answers = list(mclust = answers)),
  auto_unbox = TRUE, digits = NA
))
