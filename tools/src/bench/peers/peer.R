# mclust, mixtools and flexmix, by the second argument. The protocol is that of peer.py.
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
package <- arguments[2]
numbers <- function(name, text) as.numeric(strsplit(regmatches(text, regexec(paste0('"', name, '":\\[?([^]}"a-z]*)'), text))[[1]][2], "[],\\[]+")[[1]])
text <- paste(readLines(warn = FALSE, file.path(folder, "problem.json")), collapse = "")
word <- function(name) regmatches(text, regexec(paste0('"', name, '":"([a-z]*)"'), text))[[1]][2]
n <- numbers("rows", text)[1]
d <- numbers("dimension", text)[1]
k <- numbers("components", text)[1]
kind <- word("kind")
variance <- numbers("variance", text)[1]
weights <- numbers("weights", text)
flat <- readLines(warn = FALSE, file.path(folder, "means.txt"))
means <- matrix(as.numeric(flat), nrow = d)
data <- matrix(readBin(file.path(folder, "columns.bin"), "double", n * d), nrow = n)
suppressMessages(library(package, character.only = TRUE))

mclustRun <- function(iterations) {
  name <- if (d == 1) "V" else if (kind == "diagonal") "VVI" else "VVV"
  shape <- list(modelName = name, d = d, G = k)
  if (d == 1) shape$sigmasq <- rep(variance, k)
  else if (kind == "diagonal") {
    shape$scale <- rep(variance, k)
    shape$shape <- matrix(1, d, k)
  } else {
    shape$sigma <- array(diag(variance, d), c(d, d, k))
    shape$cholsigma <- array(diag(sqrt(variance), d), c(d, d, k))
  }
  parameters <- list(pro = weights, mean = if (d == 1) as.vector(means) else means, variance = shape)
  control <- emControl(itmax = c(iterations, iterations), tol = c(0, 0))
  begin <- Sys.time()
  result <- em(data = if (d == 1) as.vector(data) else data, modelName = name, parameters = parameters, control = control, warn = FALSE)
  list(as.numeric(difftime(Sys.time(), begin, units = "secs")), result$loglik)
}

mixtoolsRun <- function(iterations) {
  begin <- Sys.time()
  invisible(capture.output(result <- suppressWarnings(if (d == 1)
    normalmixEM(as.vector(data), lambda = weights, mu = as.vector(means), sigma = rep(sqrt(variance), k), maxit = iterations, epsilon = -1, maxrestarts = 0)
  else
    mvnormalmixEM(data, lambda = weights, mu = lapply(1:k, function(j) means[, j]), sigma = lapply(1:k, function(j) diag(variance, d)), maxit = iterations, epsilon = -1))))
  list(as.numeric(difftime(Sys.time(), begin, units = "secs")), result$loglik)
}

flexmixRun <- function(iterations) {
  trials <- numbers("trials", text)[1]
  x <- as.vector(data)
  frame <- data.frame(x = x, y = trials - x)
  joint <- sapply(1:k, function(j) weights[j] * dbinom(x, trials, means[1, j]))
  begin <- Sys.time()
  result <- flexmix(cbind(x, y) ~ 1, data = frame, k = k, cluster = joint / rowSums(joint), model = FLXMRglm(family = "binomial"),
                    control = list(iter.max = iterations, minprior = 0, tolerance = 0))
  list(as.numeric(difftime(Sys.time(), begin, units = "secs")), as.numeric(logLik(result)))
}

run <- list(mclust = mclustRun, mixtools = mixtoolsRun, flexmix = flexmixRun)[[package]]
cat('{"ready":true}\n')
flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  iterations <- numbers("iterations", line)[1]
  answer <- run(iterations)
  cat(sprintf('{"milliseconds":%.6f,"logLikelihood":%.17g}\n', 1000 * answer[[1]], answer[[2]]))
  flush(stdout())
}
