// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/places.h"

namespace feedline::test {

QString source_dir(const QString& below) { return QStringLiteral(FEEDLINE_SOURCE_DIR) + below; }
QString shared_data(const QString& below) { return QStringLiteral(FEEDLINE_SHARED_DATA) + below; }
QString cli_path() { return QStringLiteral(FEEDLINE_CLI_PATH); }
QString window_path() { return QStringLiteral(FEEDLINE_WINDOW_PATH); }

}  // namespace feedline::test
