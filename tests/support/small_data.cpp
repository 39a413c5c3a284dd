// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/small_data.h"

#include "nodes/preprocess/codec/codec.h"

#include <QtEndian>

#include <vector>

namespace feedline::test {
namespace {

constexpr int kSide = 28;

void append_number(QByteArray& bytes, quint32 value) {
  const quint32 big = qToBigEndian(value);
  bytes.append(reinterpret_cast<const char*>(&big), sizeof big);
}

}  // namespace

QByteArray idx_images(int count) {
  QByteArray bytes;
  append_number(bytes, 0x00000803);
  append_number(bytes, static_cast<quint32>(count));
  append_number(bytes, kSide);
  append_number(bytes, kSide);
  for (int i = 0; i < count; ++i)
    for (int pixel = 0; pixel < kSide * kSide; ++pixel)
      bytes.append(static_cast<char>((i % 10) * 22 + (pixel * 7 + i * 13) % 30));
  return bytes;
}

QByteArray idx_labels(int count, int classes) {
  QByteArray bytes;
  append_number(bytes, 0x00000801);
  append_number(bytes, static_cast<quint32>(count));
  for (int i = 0; i < count; ++i) bytes.append(static_cast<char>(i % classes));
  return bytes;
}

QStringList small_idx(const QString& folder, int train, int validation) {
  const auto place = [&](const char* name, const QByteArray& bytes) {
    const QString path = QDir(folder).filePath(QString::fromLatin1(name));
    write_file(path, bytes);
    return path;
  };
  return {QStringLiteral("--set"), QStringLiteral("source.images=") + place("train-images", idx_images(train)),
          QStringLiteral("--set"), QStringLiteral("source.labels=") + place("train-labels", idx_labels(train)),
          QStringLiteral("--set"), QStringLiteral("validation.images=") + place("test-images", idx_images(validation)),
          QStringLiteral("--set"), QStringLiteral("validation.labels=") + place("test-labels", idx_labels(validation))};
}

void write_picture_folder(const QString& folder, int count, int side) {
  write_picture_classes(folder, {"a", "b"}, count, side);
}

void write_picture_classes(const QString& folder, const QStringList& classes, int count, int side) {
  for (int label = 0; label < classes.size(); ++label) {
    for (int i = 0; i < count; ++i) {
      std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 3);
      for (std::size_t p = 0; p < pixels.size(); ++p)
        pixels[p] = static_cast<std::uint8_t>(
            (label * 120 + static_cast<int>(p % 3) * 20 + i * 5 + static_cast<int>(p) / 97) % 256);
      const auto bytes = codec::encode_jpeg(pixels.data(), side, side, 3, 90);
      if (!bytes) qFatal("%s", bytes.error().line().c_str());
      write_file(QStringLiteral("%1/%2/%3.jpg").arg(folder, classes[label]).arg(i),
                 QByteArray(reinterpret_cast<const char*>(bytes->data()), static_cast<int>(bytes->size())));
    }
  }
}

}  // namespace feedline::test
