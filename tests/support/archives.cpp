// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/archives.h"

#include <QDir>
#include <QFileInfo>

#include <archive.h>
#include <archive_entry.h>

namespace feedline::test {
namespace {

void must_archive(archive* to, int code) {
  if (code < ARCHIVE_OK) qFatal("libarchive: %s", archive_error_string(to));
}

void choose_style(archive* to, ArchiveStyle style) {
  switch (style) {
    case ArchiveStyle::Ustar:
    case ArchiveStyle::TarGz:
      must_archive(to, archive_write_set_format_ustar(to));
      break;
    case ArchiveStyle::GnuTar:
      must_archive(to, archive_write_set_format_gnutar(to));
      break;
    case ArchiveStyle::PaxTar:
      must_archive(to, archive_write_set_format_pax(to));
      break;
    case ArchiveStyle::ZipStored:
    case ArchiveStyle::ZipDeflated:
      must_archive(to, archive_write_set_format_zip(to));
      must_archive(to, style == ArchiveStyle::ZipStored ? archive_write_zip_set_compression_store(to)
                                                        : archive_write_zip_set_compression_deflate(to));
      break;
  }
  if (style == ArchiveStyle::TarGz) must_archive(to, archive_write_add_filter_gzip(to));
}

}  // namespace

void write_archive(const QString& path, const ArchiveContent& content, ArchiveStyle style) {
  QDir().mkpath(QFileInfo(path).absolutePath());
  archive* to = archive_write_new();
  choose_style(to, style);
  must_archive(to, archive_write_open_filename(to, qPrintable(path)));
  for (const auto& [name, bytes] : content) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, name.ends_with('/') ? 0755 : 0644);
    archive_entry_set_size(entry, bytes.size());
    must_archive(to, archive_write_header(to, entry));
    if (!bytes.isEmpty()) {
      const auto written = archive_write_data(to, bytes.constData(), static_cast<std::size_t>(bytes.size()));
      if (written != bytes.size()) qFatal("libarchive: %s", archive_error_string(to));
    }
    archive_entry_free(entry);
  }
  must_archive(to, archive_write_close(to));
  archive_write_free(to);
}

}  // namespace feedline::test
