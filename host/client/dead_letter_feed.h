// SPDX-License-Identifier: MIT
//
// Dead letters as input: what killed a function once is fed to one under the eyes of its author,
// byte for byte.
#pragma once

#include <string>

#include "udf.pb.h"
#include "wire/dead_letter.h"

namespace client {

namespace pb = kapacitor::udf;

class Drive;

// One line for people, whatever the letter holds: when, what and why it died.
std::string describe(const wire::DeadLetter& letter);

// Whether the letter is of a point or of a batch. Throws std::runtime_error where its frames are
// neither one point nor one batch.
pb::EdgeType edge_of(const wire::DeadLetter& letter);

// Queues the frames of a letter of either edge. Throws as Drive::send.
void feed(const wire::DeadLetter& letter, Drive& drive);

}  // namespace client
