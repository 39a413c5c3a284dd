// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For tests of pipelines that go on where another one ended.

#include "engine/pipeline_past.h"
#include "support/fake_data.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <utility>

namespace feedline::test {

/// All that a pipeline says of bad records, in words.
[[nodiscard]] inline QStringList told(const Pipeline& pipeline) {
  QStringList lines{QString::number(pipeline.error_count())};
  for (const RecordError& error : pipeline.errors())
    lines << QString("%1 %2 %3").arg(error.error.line().c_str()).arg(error.count).arg(error.records);
  for (const BadRecord& bad : pipeline.bad_records())
    lines << QString("%1 %2 %3 %4 %5")
                 .arg(bad.record)
                 .arg(bad.error.line().c_str())
                 .arg(bad.times)
                 .arg(bad.epochs)
                 .arg(bad.last_epoch);
  return lines;
}

/// Of the pipeline that goes on behind a batch, to the last of `options.epochs`.
[[nodiscard]] inline PipelineOptions behind(const BatchCopy& last, PipelinePast past, PipelineOptions options) {
  options.epochs -= last.epoch - 1;
  options.first_epoch = last.epoch;
  options.first_batch = last.index + 1;
  options.past = std::make_shared<const PipelinePast>(std::move(past));
  return options;
}

}  // namespace feedline::test
