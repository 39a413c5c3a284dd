// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

#include <string>
#include <utility>
#include <vector>

namespace feedline::test {

/// Name and content, in the order of the archive; a name that ends with a slash is a folder.
using ArchiveContent = std::vector<std::pair<std::string, QByteArray>>;

enum class ArchiveStyle { Ustar, GnuTar, PaxTar, TarGz, ZipStored, ZipDeflated };

/// Writes an archive by libarchive, and its folders; ends the program if it cannot.
void write_archive(const QString& path, const ArchiveContent& content, ArchiveStyle style);

}  // namespace feedline::test
