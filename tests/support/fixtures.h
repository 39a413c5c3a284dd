// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <QByteArray>
#include <QString>

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::test {

/// Writes a file, and its folders; ends the program if it cannot.
void write_file(const QString& path, const QByteArray& bytes);
[[nodiscard]] QByteArray read_file(const QString& path);

/// gzip of `plain`.
[[nodiscard]] QByteArray gzipped(const QByteArray& plain);

/// An IDX file of type `type` (8: unsigned bytes): magic, dimensions, content.
[[nodiscard]] QByteArray idx_bytes(const std::vector<std::uint32_t>& dims, const QByteArray& content, char type = 8);
/// Bytes 0, 1, 2, ... 255, 0, ...
[[nodiscard]] QByteArray counting(qsizetype length);

/// A plain JPEG picture of one colour.
[[nodiscard]] QByteArray jpeg_of(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue);

/// Every regular file below a folder, sorted.
[[nodiscard]] QStringList files_below(const QString& folder);

/// Opens a source of the registry; the cache lies in `cache`.
[[nodiscard]] Result<std::unique_ptr<Source>> open_source(const std::string& type, const ParamMap& params,
                                                          const QString& cache, std::stop_token stop = {});
/// Reads one record: its first output's bytes, its label, or the error.
struct Record {
  std::string bytes{};
  std::int64_t label = -1;
  Error error{};
  bool ok = false;
};
[[nodiscard]] Record read_record(const Source& source, std::uint64_t index);

/// An error as people see it, for QVERIFY2 and comparisons.
[[nodiscard]] QString line(const Error& error);

}  // namespace feedline::test
