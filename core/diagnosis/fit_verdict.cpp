// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fit_verdict.h"

#include "base/numbers.h"
#include "diagnosis/wording.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline diagnosis {
namespace {

constexpr double kToldSeconds = 1;
constexpr double kToldShare = 0.05;
constexpr double kBoundShare = 0.5;
/// Of the pass's time, on one thread: more workers bring less than half.
constexpr double kMergingHigh = 0.5;

std::string share_sentence(const FitCost& fit) {
  return fmt::format("Fitting {} before training took {} for {} records, {} of {}.", fit.nodes,
                     wording::time(fit.seconds), numbers::count(fit.records), wording::percent(fit.share()),
                     fit.ends ? "what fitting and training take together" : "the time until now");
}

std::string slowest_sentence(const FitCost& fit) {
  if (fit.merging_share > kMergingHigh)
    return fmt::format("{} of it put together what single records gave, which one thread does.",
                       wording::percent(fit.merging_share));
  if (fit.slowest.empty()) return {};
  return fmt::format("{} took {} of what its workers computed.", fit.slowest, wording::percent(fit.slowest_share));
}

std::string kept_sentence(const FitCost& fit) {
  if (!fit.not_kept.empty()) return fmt::format("Each run has to do it again: {}.", fit.not_kept);
  return "What was learnt is kept: runs to come read it from the cache until something upstream changes.";
}

void fit_takes_over(Verdict& verdict, const FitCost& fit) {
  Verdict bound{.kind = VerdictKind::FitBound,
                .node = fit.slowest,
                .share = fit.share(),
                .confidence = 0.9,
                .headline = share_sentence(fit)};
  if (std::string slowest = slowest_sentence(fit); !slowest.empty()) bound.evidence.push_back(std::move(slowest));
  bound.evidence.push_back(kept_sentence(fit));
  bound.evidence.push_back("Of the training itself: " + verdict.headline);
  bound.concerns = std::move(verdict.concerns);
  verdict = std::move(bound);
}

}  // namespace

void add_fit(Diagnosis& found) {
  const FitCost& fit = found.profile.fit;
  Verdict& verdict = found.verdict;
  if (fit.seconds < kToldSeconds || fit.share() < kToldShare) return;
  const bool judged = verdict.kind != VerdictKind::NotYet && verdict.kind != VerdictKind::Contention;
  if (judged && fit.ends && fit.share() > kBoundShare) return fit_takes_over(verdict, fit);
  verdict.concerns.push_back(share_sentence(fit) + " " + kept_sentence(fit));
}

void add_estimator_fit(const RunFacts& facts, Diagnosis& found) {
  const Profile& profile = found.profile;
  Verdict& verdict = found.verdict;
  if (profile.estimator_fit < kToldSeconds || profile.fit_share() < kBoundShare) return;
  if (verdict.kind == VerdictKind::NotYet || verdict.kind == VerdictKind::Contention) return;
  Verdict bound{.kind = VerdictKind::FitBound,
                .node = facts.estimator_node,
                .share = profile.fit_share(),
                .confidence = 0.9,
                .headline = fmt::format("Fitting {} takes {} of the training: {}.", facts.estimator_node,
                                        wording::percent(profile.fit_share()), wording::time(profile.estimator_fit))};
  bound.evidence.push_back("Preparing its rows and taking them in is the rest. Of that: " + verdict.headline);
  bound.concerns = std::move(verdict.concerns);
  verdict = std::move(bound);
}

}  // namespace feedline::inline diagnosis
