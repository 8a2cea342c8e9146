// SPDX-License-Identifier: MIT
//
// Descriptors of the host that no child may keep: Kapacitor waits until everybody has closed them.
// They are closed on exec; this closes them in a child that a plugin makes by fork() alone.
#pragma once

namespace server {

// From any thread. Has no effect on a file that is opened later under the same number, so nothing
// needs to be undone when the descriptor is closed. Up to 16 descriptors; more are not guarded.
void close_in_children(int fd);

}  // namespace server
