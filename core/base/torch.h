// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The part of LibTorch that Feedline uses, and the precompiled header of the files that use it.
// <torch/torch.h> would do too, but every file that includes it, precompiled or not, pays for the
// templates that it leaves to be instantiated: about twice as long as with this. Add what you need.
// Only nodes/model and training may include it: LibTorch stays out of every other room.

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/nn/functional/loss.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>
#include <torch/serialize.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>
