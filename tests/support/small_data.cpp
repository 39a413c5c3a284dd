// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/small_data.h"

#include "nodes/preprocess/codec/codec.h"

#include <QDir>
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

QByteArray text_lines(int count) {
  constexpr const char* kNames[] = {"vowels", "high", "low"};
  constexpr const char* kLetters[] = {"aeiou ", "vwxyz ", "bcdfg "};
  QByteArray lines;
  for (int i = 0; i < count; ++i) {
    lines += QByteArray(kNames[i % 3]) + '\t';
    for (int letter = 0; letter < (i * 17) % 61; ++letter) lines += kLetters[i % 3][(i + letter * letter) % 6];
    lines += '\n';
  }
  return lines;
}

QByteArray text_graph(const QString& lines) {
  QByteArray graph = R"({
  "feedline": 3,
  "title": "Texts",
  "nodes": [
    {"id": "source", "type": "text_lines", "version": 1, "params": {"file": "FILE"}, "position": [0, 0]},
    {"id": "shuffle", "type": "shuffle", "version": 1, "params": {}, "position": [260, 0]},
    {"id": "tokens", "type": "byte_tokens", "version": 1, "params": {"length": 48}, "position": [520, 0]},
    {"id": "batch", "type": "batch", "version": 1, "params": {"fields": ["truth:label", "ids:tokens"], "size": 16}, "position": [780, 0]},
    {"id": "bag", "type": "embedding_bag", "version": 1, "params": {"width": 12}, "position": [1040, 0]},
    {"id": "linear", "type": "linear", "version": 1, "params": {}, "position": [1300, 0]},
    {"id": "loss", "type": "cross_entropy", "version": 1, "params": {}, "position": [1560, 0]},
    {"id": "adam", "type": "adam", "version": 1, "params": {"learning_rate": 0.05}, "position": [1300, 200]},
    {"id": "trainer", "type": "trainer", "version": 1, "params": {"device": "cpu", "epochs": 4, "validation_split": 0.2}, "position": [1820, 0]}
  ],
  "links": [
    {"from": "source.text", "to": "shuffle.sample"},
    {"from": "source.label", "to": "shuffle.label"},
    {"from": "shuffle.sample", "to": "tokens.text"},
    {"from": "tokens.tokens", "to": "batch.ids"},
    {"from": "shuffle.label", "to": "batch.truth"},
    {"from": "batch.ids", "to": "bag.tokens"},
    {"from": "bag.y", "to": "linear.x"},
    {"from": "linear.y", "to": "loss.prediction"},
    {"from": "batch.truth", "to": "loss.target"},
    {"from": "loss.loss", "to": "trainer.loss"},
    {"from": "adam.optimizer", "to": "trainer.optimizer"}
  ]
})";
  return graph.replace("FILE", lines.toUtf8());
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
