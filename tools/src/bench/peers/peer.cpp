// Armadillo's gmm_diag and gmm_full. The protocol is that of peer.py.
#include <armadillo>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

static double number_after(const std::string& text, const std::string& name) {
  return std::strtod(text.c_str() + text.find("\"" + name + "\":") + name.size() + 3, nullptr);
}

template <class Model, class Covariances>
static void serve(const arma::mat& data, const arma::mat& means, const Covariances& covariances, const arma::rowvec& weights) {
  std::string line;
  std::puts("{\"ready\":true}");
  std::fflush(stdout);
  while (std::getline(std::cin, line)) {
    const auto iterations = static_cast<arma::uword>(number_after(line, "iterations"));
    Model model;
    model.set_params(means, covariances, weights);
    const auto begin = std::chrono::steady_clock::now();
    model.learn(data, means.n_cols, arma::eucl_dist, arma::keep_existing, 0, iterations, 1e-10, false);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    std::printf("{\"milliseconds\":%.6f,\"logLikelihood\":%.17g}\n", took.count(), model.sum_log_p(data));
    std::fflush(stdout);
  }
}

int main(int, char** arguments) {
  const std::string folder = arguments[1];
  std::ifstream described(folder + "/problem.json");
  const std::string text((std::istreambuf_iterator<char>(described)), std::istreambuf_iterator<char>());
  const auto rows = static_cast<arma::uword>(number_after(text, "rows"));
  const auto dimension = static_cast<arma::uword>(number_after(text, "dimension"));
  const auto components = static_cast<arma::uword>(number_after(text, "components"));
  const double variance = number_after(text, "variance");
  arma::mat columns(rows, dimension);
  std::ifstream(folder + "/columns.bin", std::ios::binary).read(reinterpret_cast<char*>(columns.memptr()), rows * dimension * sizeof(double));
  const arma::mat data = columns.t();
  columns.reset();
  arma::mat means(dimension, components);
  std::ifstream listed(folder + "/means.txt");
  for (double& value : means) listed >> value;
  arma::rowvec weights(components);
  weights.fill(1.0 / static_cast<double>(components));
  if (text.find("\"full\"") != std::string::npos) {
    arma::cube covariances(dimension, dimension, components, arma::fill::zeros);
    covariances.each_slice([variance](arma::mat& slice) { slice.diag().fill(variance); });
    serve<arma::gmm_full>(data, means, covariances, weights);
  } else {
    arma::mat covariances(dimension, components);
    covariances.fill(variance);
    serve<arma::gmm_diag>(data, means, covariances, weights);
  }
}
