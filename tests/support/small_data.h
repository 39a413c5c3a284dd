// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/fixtures.h"

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace feedline::test {

/// The bytes of IDX files of 28x28 pictures whose brightness tells their class: easy to learn, and enough to tell two
/// runs apart.
[[nodiscard]] QByteArray idx_images(int count);
[[nodiscard]] QByteArray idx_labels(int count, int classes = 10);

/// Arguments that point the idx example at small files written into `folder`.
[[nodiscard]] QStringList small_idx(const QString& folder, int train = 512, int validation = 256);

/// `count` lines for a text_lines source, of three classes that their letters tell apart, 0 to 60 bytes long.
[[nodiscard]] QByteArray text_lines(int count);
/// A graph file that learns them: text_lines, shuffle, byte_tokens, a batch with the fields `truth` and `ids`, an
/// embedding bag, linear.
[[nodiscard]] QByteArray text_graph(const QString& lines);

/// Writes `count` JPEG pictures a class, of two classes, into folder/a and folder/b.
void write_picture_folder(const QString& folder, int count, int side = 40);
/// The same of these classes.
void write_picture_classes(const QString& folder, const QStringList& classes, int count, int side = 40);

}  // namespace feedline::test
