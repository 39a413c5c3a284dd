// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/replica_exchange.h"

#include <utility>

namespace feedline::inline schema {
namespace {

thread_local ReplicaExchange* exchange_in_use = nullptr;

}  // namespace

ReplicaExchange* ReplicaExchange::current() { return exchange_in_use; }

ReplicaExchangeInUse::ReplicaExchangeInUse(ReplicaExchange* exchange)
    : before_(std::exchange(exchange_in_use, exchange)) {}

ReplicaExchangeInUse::~ReplicaExchangeInUse() { exchange_in_use = before_; }

}  // namespace feedline::inline schema
