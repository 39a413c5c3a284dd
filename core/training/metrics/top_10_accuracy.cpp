// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/top_accuracy.h"

namespace feedline::inline training {
namespace {

const MetricRule kTop10Accuracy = top_accuracy_rule<10>("top-10 accuracy");

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kTop10Accuracy)
