// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a command includes: its declaration, and CLI11 to say its arguments with.

#include "cli/command_list.h"

#include <CLI/CLI.hpp>
