// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/fixtures.h"

#include "nodes/preprocess/codec/codec.h"
#include "schema/registry.h"
#include "support/standard_input.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>

#include <zlib.h>

namespace feedline::test {

void write_file(const QString& path, const QByteArray& bytes) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
    qFatal("cannot write %s", qPrintable(path));
}

QByteArray read_file(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  return file.readAll();
}

QByteArray gzipped(const QByteArray& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  QByteArray packed(static_cast<qsizetype>(deflateBound(&stream, static_cast<uLong>(plain.size()))) + 64, '\0');
  QByteArray input = plain;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) qFatal("cannot pack");
  packed.resize(static_cast<qsizetype>(stream.total_out));
  deflateEnd(&stream);
  return packed;
}

QByteArray idx_bytes(const std::vector<std::uint32_t>& dims, const QByteArray& content, char type) {
  QByteArray bytes("\0\0", 2);
  bytes += type;
  bytes += static_cast<char>(dims.size());
  for (const std::uint32_t dim : dims)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(dim >> shift & 255);
  return bytes + content;
}

QByteArray counting(qsizetype length) {
  QByteArray bytes(length, '\0');
  for (qsizetype i = 0; i < length; ++i) bytes[i] = static_cast<char>(i & 255);
  return bytes;
}

QByteArray jpeg_of(int width, int height, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < width * height; ++i) pixels.insert(pixels.end(), {red, green, blue});
  const auto bytes = codec::encode_jpeg(pixels.data(), width, height, 3, 95);
  return {reinterpret_cast<const char*>(bytes->data()), static_cast<qsizetype>(bytes->size())};
}

QStringList files_below(const QString& folder) {
  QStringList files;
  for (QDirIterator at(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); at.hasNext();)
    files << at.next();
  files.sort();
  return files;
}

Result<std::unique_ptr<Source>> open_source(const std::string& type, const ParamMap& params, const QString& cache,
                                            std::stop_token stop) {
  const NodeSpec* spec = Registry::instance().find(type);
  if (spec == nullptr || !spec->open) return fail("there is no source " + type);
  SourceContext context;
  context.cache_folder = cache.toStdString();
  context.stop = std::move(stop);
  return spec->open(params, context);
}

Record read_record(const Source& source, std::uint64_t index) {
  Datum first;
  Datum label;
  const std::vector<Datum*> out = {&first, &label};
  const auto status = source.read(index, out);
  if (!status) return {.error = status.error()};
  return {.bytes = content(first), .label = label.label(), .ok = true};
}

QString line(const Error& error) { return QString::fromStdString(error.line()); }

}  // namespace feedline::test
