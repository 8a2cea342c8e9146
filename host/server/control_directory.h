// SPDX-License-Identifier: MIT
//
// Where the control sockets of this machine are. A process puts its own into the first of these that there is, or that
// can be made, and that nobody else has his hands in:
//
//     $UDF_HOST_CONTROL_DIR       where that is set, and none of the others then
//     /run/udf-host/control       made by the package, for its user and the group kapacitor; never by us
//     $XDG_RUNTIME_DIR/udf-host   0700, made where it is not there
//     /tmp/udf-host-UID           the same
//
// Whoever asks looks into all of them, root also into those of the other users.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace server {

// For a socket of this process; makes it where that is allowed. Nothing where there is none, with the reason.
struct ControlDirectory {
    std::optional<std::filesystem::path> path;
    std::string problem;
};
ControlDirectory control_directory_for_us();

// Those to look into that are there.
std::vector<std::filesystem::path> control_directories();

// Whether a file in one of them has the name of a socket: `4711.sock`, and `4711-2.sock` where the first name was taken
// by a process of the same number in another container. Its process then.
std::optional<int> process_of_socket(const std::string& name);

}  // namespace server
