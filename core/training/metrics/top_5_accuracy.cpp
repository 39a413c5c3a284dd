// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/top_accuracy.h"

namespace feedline::inline training {
namespace {

const MetricRule kTop5Accuracy = top_accuracy_rule<5>("top-5 accuracy");

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kTop5Accuracy)
