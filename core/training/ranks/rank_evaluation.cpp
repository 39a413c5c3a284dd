// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/ranks/rank_evaluation.h"

#include "schema/named_tensors.h"
#include "training/ranks/rank_parts.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace feedline::inline training {
namespace {

std::vector<std::int64_t> signed_counts(const std::vector<std::uint64_t>& counts) {
  return {counts.begin(), counts.end()};
}

template <class T>
std::vector<T> sent_numbers(const NamedTensors& tensors, std::string_view name) {
  const auto found = tensors.find(name);
  auto numbers = found == tensors.end() ? std::nullopt : found->second.numbers<T>();
  if (!numbers) throw StepFailed({.reason = "what another rank found in validation is damaged"});
  return std::move(*numbers);
}

NamedTensors received(const std::string& bytes) {
  auto tensors = unpacked(bytes);
  if (!tensors) throw StepFailed(std::move(tensors.error()));
  return std::move(*tensors);
}

/// Bins from the lowest of both to the highest, and no more of them than `most`.
NumberBins bins_over(double low, double high, double width, std::size_t most) {
  NumberBins all;
  for (;; width *= 2) {
    const double first = std::floor(low / width);
    const double count = std::ceil(high / width) - first;
    if (count > static_cast<double>(most)) continue;
    all.first = first * width;
    all.width = width;
    all.counts.resize(static_cast<std::size_t>(std::max(count, 1.0)));
    return all;
  }
}

/// Where a bin of a narrower line lies in a wider one.
std::size_t bin_within(const NumberBins& all, double first, double width, std::size_t bin) {
  const double low = first + static_cast<double>(bin) * width;
  const double at = std::floor((low - all.first) / all.width);
  return std::min(static_cast<std::size_t>(std::max(at, 0.0)), all.counts.size() - 1);
}

}  // namespace

Evaluation evaluation_over_ranks(const RankAgreement& ranks, const Evaluation& own) {
  std::vector<std::int64_t> numbers;
  std::vector<double> shares;
  for (const WorstSample& sample : own.worst) {
    numbers.insert(numbers.end(), {static_cast<std::int64_t>(sample.record), sample.label, sample.predicted});
    shares.insert(shares.end(), {sample.truth, sample.confidence});
  }
  const NamedTensors sent{{"counts", TensorValue::of(signed_counts(own.counts))},
                          {"numbers", TensorValue::of(numbers)},
                          {"shares", TensorValue::of(shares)}};
  Evaluation all;
  for (const std::string& bytes : ranks.gather(packed(sent))) {
    const NamedTensors part = received(bytes);
    const std::vector<std::int64_t> counts = sent_numbers<std::int64_t>(part, "counts");
    const std::vector<std::int64_t> of_samples = sent_numbers<std::int64_t>(part, "numbers");
    const std::vector<double> of_shares = sent_numbers<double>(part, "shares");
    if (all.counts.size() < counts.size()) all.counts.resize(counts.size(), 0);
    for (std::size_t i = 0; i < counts.size(); ++i) all.counts[i] += static_cast<std::uint64_t>(counts[i]);
    for (std::size_t i = 0; 3 * i + 2 < of_samples.size() && 2 * i + 1 < of_shares.size(); ++i)
      all.worst.push_back({.record = static_cast<std::uint64_t>(of_samples[3 * i]),
                           .label = of_samples[3 * i + 1],
                           .predicted = of_samples[3 * i + 2],
                           .truth = of_shares[2 * i],
                           .confidence = of_shares[2 * i + 1]});
  }
  all.classes = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(all.counts.size()))));
  std::sort(all.worst.begin(), all.worst.end(), [](const WorstSample& a, const WorstSample& b) {
    return std::tie(a.truth, a.record) < std::tie(b.truth, b.record);
  });
  if (all.worst.size() > Evaluation::kMostWorst) all.worst.resize(Evaluation::kMostWorst);
  return all;
}

ResidualPlot joined_plot(const ResidualPlot& a, const ResidualPlot& b) {
  ResidualPlot all = a.count == 0 ? b : a;
  all.not_finite = a.not_finite + b.not_finite;
  if (a.count == 0 || b.count == 0) return all;
  all.count = a.count + b.count;
  const auto n = static_cast<double>(all.count);
  const auto of_a = static_cast<double>(a.count);
  const auto of_b = static_cast<double>(b.count);
  const double apart = b.mean - a.mean;
  all.mean = a.mean + apart * of_b / n;
  all.deviation = std::sqrt((a.deviation * a.deviation * of_a + b.deviation * b.deviation * of_b) / n +
                            apart * apart * of_a * of_b / (n * n));
  const auto end = [](double first, double width, std::size_t bins) {
    return first + width * static_cast<double>(bins);
  };
  const NumberBins axis =
      bins_over(std::min(a.first, b.first), std::max(end(a.first, a.width, a.bins), end(b.first, b.width, b.bins)),
                std::max(a.width, b.width), ResidualPlot::kMostBins);
  all.first = axis.first;
  all.width = axis.width;
  all.bins = axis.counts.size();
  all.counts.assign(all.bins * all.bins, 0);
  all.residuals = bins_over(std::min(a.residuals.first, b.residuals.first),
                            std::max(end(a.residuals.first, a.residuals.width, a.residuals.counts.size()),
                                     end(b.residuals.first, b.residuals.width, b.residuals.counts.size())),
                            std::max(a.residuals.width, b.residuals.width), ResidualPlot::kMostResidualBins);
  for (const ResidualPlot* part : {&a, &b}) {
    std::vector<std::size_t> place(part->bins);
    for (std::size_t i = 0; i < place.size(); ++i) place[i] = bin_within(axis, part->first, part->width, i);
    for (std::size_t row = 0; row < part->bins; ++row)
      for (std::size_t column = 0; column < part->bins; ++column)
        all.counts[place[row] * all.bins + place[column]] += part->at(row, column);
    for (std::size_t i = 0; i < part->residuals.counts.size(); ++i)
      all.residuals.counts[bin_within(all.residuals, part->residuals.first, part->residuals.width, i)] +=
          part->residuals.counts[i];
  }
  return all;
}

ResidualPlot residuals_over_ranks(const RankAgreement& ranks, const ResidualPlot& own) {
  const NamedTensors sent{
      {"whole", TensorValue::of(std::vector<std::int64_t>{static_cast<std::int64_t>(own.count),
                                                          static_cast<std::int64_t>(own.not_finite)})},
      {"figures", TensorValue::of(std::vector<double>{own.mean, own.deviation, own.first, own.width,
                                                      own.residuals.first, own.residuals.width})},
      {"counts", TensorValue::of(signed_counts(own.counts))},
      {"residuals", TensorValue::of(signed_counts(own.residuals.counts))}};
  ResidualPlot all;
  for (const std::string& bytes : ranks.gather(packed(sent))) {
    const NamedTensors tensors = received(bytes);
    const auto whole = sent_numbers<std::int64_t>(tensors, "whole");
    const auto figures = sent_numbers<double>(tensors, "figures");
    const auto counts = sent_numbers<std::int64_t>(tensors, "counts");
    const auto residuals = sent_numbers<std::int64_t>(tensors, "residuals");
    if (whole.size() != 2 || figures.size() != 6) continue;
    ResidualPlot part{.count = static_cast<std::uint64_t>(whole[0]),
                      .not_finite = static_cast<std::uint64_t>(whole[1])};
    part.mean = figures[0];
    part.deviation = figures[1];
    part.first = figures[2];
    part.width = figures[3];
    part.bins = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(counts.size()))));
    part.counts.assign(counts.begin(), counts.end());
    part.residuals = {.first = figures[4], .width = figures[5], .counts = {residuals.begin(), residuals.end()}};
    all = joined_plot(all, part);
  }
  return all;
}

}  // namespace feedline::inline training
