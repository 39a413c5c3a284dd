// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/top_accuracy.h"

namespace feedline::inline training {
namespace {

const MetricRule kTop3Accuracy = top_accuracy_rule<3>("top-3 accuracy");

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kTop3Accuracy)
