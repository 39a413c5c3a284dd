// SPDX-License-Identifier: GPL-3.0-or-later
// QCustomPlot's header says `signals`, `slots` and `foreach`, which QT_NO_KEYWORDS takes away.
// This one, found first, gives them back for the length of the real header.
#pragma once

#include <QObject>

#pragma push_macro("signals")
#pragma push_macro("slots")
#pragma push_macro("emit")
#pragma push_macro("foreach")
#undef signals
#undef slots
#undef emit
#undef foreach
#define signals Q_SIGNALS
#define slots Q_SLOTS
#define emit Q_EMIT
#define foreach Q_FOREACH
#include_next <qcustomplot.h>
#pragma pop_macro("signals")
#pragma pop_macro("slots")
#pragma pop_macro("emit")
#pragma pop_macro("foreach")
