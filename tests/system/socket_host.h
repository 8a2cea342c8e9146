// SPDX-License-Identifier: MIT
//
// A real udf-host --socket, and tasks as Kapacitor runs them over it.
#pragma once

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "client/session.h"
#include "plugin/temporary_directory.h"
#include "system/task_options.h"
#include "system/udf_process.h"
#include "wire/channel.h"

namespace pb = kapacitor::udf;

using Arguments = std::vector<std::string>;

inline Arguments serve(const std::filesystem::path& path, const char* plugin, const Arguments& more = {}) {
    Arguments arguments{"--plugins-dir", PLUGINS_DIR, "--plugin", plugin, "--socket", path};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

// Invalid where nobody listens.
inline wire::unique_fd try_to_connect(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof address.sun_path - 1);
    wire::unique_fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
    return fd;
}

class SocketHost {
public:
    explicit SocketHost(const char* plugin, const Arguments& more = {})
        : path(directory_ / "socket"), process(serve(path, plugin, more)) {
        REQUIRE(eventually([&] { return try_to_connect(path) || process.has_exited(); }));
        REQUIRE_MESSAGE(!process.has_exited(), process.errors());
    }

private:
    TemporaryDirectory directory_;

public:
    const std::filesystem::path path;
    UdfProcess process;
};

// A task of Kapacitor's.
class Task {
public:
    explicit Task(const std::filesystem::path& path) : Task(try_to_connect(path)) {}
    explicit Task(wire::unique_fd socket) : channel_(std::move(socket)) {}

    std::vector<pb::Response> emitted;

private:
    wire::FdChannel channel_;

public:
    client::Session session{channel_, [this](pb::Response&& response) { emitted.push_back(std::move(response)); }};
};

inline pb::Request point(int64_t time, double value) {
    pb::Request request;
    request.mutable_point()->set_time(time);
    (*request.mutable_point()->mutable_fieldsdouble())["value"] = value;
    return request;
}
