// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Nodes that learn something from the training records before a run: a mean, a vocabulary. See engine/fit.h.

#include "base/error.h"
#include "schema/datum.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <span>
#include <stop_token>

namespace feedline::inline schema {

/// What the fitter that all others are merged into may use.
struct FitHelp {
  std::size_t threads = 1;  ///< that merge() and finish() may keep busy; what comes out must not depend on it
  std::stop_token stop{};   ///< a merge() or finish() that takes long looks at it every 100 ms: fail_cancelled()
};

/// What a fitted node finds out about training records. One is made for each record, on many threads at once; they are
/// then merged in the order of the sampler, so that the same state comes out for any number of workers. Its node is
/// bound to what finish() gives, which is also kept on disk: it must say all that the node needs.
///
///   auto all = T::fitter(params, in);
///   for (record) { auto one = T::fitter(params, in); one->add(inputs); all->merge(*one); }
///   T::make(params, in, *all->finish());
class Fitter {
 public:
  virtual ~Fitter() = default;
  /// Takes up a record: one value an input port, null where an optional port is unconnected. An error, or whatever it
  /// throws, is one of the record: it is left out, as in a run.
  virtual Status add(std::span<const Datum* const> in) = 0;
  /// Takes up what another one, of the same node, has found in the records that follow. Errors end the fit.
  virtual Status merge(const Fitter& next) = 0;
  /// Forgets what it has found and keeps its memory, so that it can take up another record: with this a fit allocates
  /// nothing a record. False: it cannot, and another one is made.
  virtual bool reset() { return false; }
  /// Told once, before anything is merged into it. Those that are done at once need not care.
  virtual void equip(const FitHelp& /*help*/) {}
  /// What the node is bound to. Errors: what was found is not enough, naming what would help.
  [[nodiscard]] virtual Result<NamedTensors> finish() const = 0;
};

/// Why a fitted node cannot run: what it learns is not known yet.
[[nodiscard]] Error not_fitted();

}  // namespace feedline::inline schema
