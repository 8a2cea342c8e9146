// SPDX-License-Identifier: MIT
//
// A real udf-host on a socket under load, direct or supervising, and what it holds of the machine meanwhile.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "server/descriptor_limit.h"
#include "support/full_load.h"
#include "system/process_table.h"
#include "system/socket_host.h"

enum class Isolation : uint8_t { none, process };

class LoadHost : public SocketHost {
public:
    LoadHost(const char* plugin, Isolation isolation, Arguments more = {})
        : SocketHost(plugin, with(std::move(more), isolation)) {
        server::raise_descriptor_limit();  // for our side of it
        running() = process.pid();
        std::signal(SIGALRM, give_up);
        ::alarm(kMostSeconds);
        // The connection that has found out whether it listens was accepted before this one. Then both
        // are gone, and what listens is left: for tasks, and for `udf-host status`.
        {
            Task task(path);
            task.session.info();
            task.session.finish();
        }
        REQUIRE(eventually([&] { return sockets() == 2 && workers() == 0; }));
        descriptors_ = entries("fd");
        threads_ = threads();
    }
    LoadHost(const LoadHost&) = delete;
    LoadHost& operator=(const LoadHost&) = delete;
    ~LoadHost() { ::alarm(0); }

    size_t threads() const { return entries("task"); }
    // Its children, those too that are dead and have not been waited for.
    size_t workers() const { return process_table::children(process.pid()).size(); }

    // Nothing is left of the connections that there were.
    bool is_as_before() const {
        return eventually([&] { return workers() == 0 && threads() <= threads_ && entries("fd") == descriptors_; });
    }

    size_t resident_kib() const {
        const size_t kib = process_table::resident_kib(process.pid());
        REQUIRE(kib > 0);
        return kib;
    }
    // Of the host and all its workers.
    size_t resident_kib_of_all() const {
        size_t kib = resident_kib();
        for (const pid_t worker : process_table::children(process.pid())) kib += process_table::resident_kib(worker);
        return kib;
    }

    // It ends in order; where leaks are looked for, there is none.
    void check_stop() {
        process.signal(SIGTERM);
        CHECK_MESSAGE(process.status() == 0, process.errors());
    }

private:
    static constexpr unsigned kMostSeconds = 240;

    static Arguments with(Arguments arguments, Isolation isolation) {
        arguments.insert(arguments.end(), {"--isolation", isolation == Isolation::none ? "none" : "process"});
        return arguments;
    }
    size_t entries(const char* what) const { return process_table::entries(process.pid(), what); }

    size_t sockets() const {
        size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(process_table::folder(process.pid()) / "fd")) {
            std::error_code gone;
            if (std::filesystem::read_symlink(entry, gone).native().starts_with("socket:")) ++count;
        }
        return count;
    }

    size_t descriptors_ = 0, threads_ = 0;

    // Where something hangs, no host is left behind.
    static std::atomic<pid_t>& running() {
        static std::atomic<pid_t> pid = -1;
        return pid;
    }
    static void give_up(int) {
        constexpr char kMessage[] = "the load took too long\n";
        (void)!::write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
        if (running() > 0) ::kill(running(), SIGKILL);
        ::_exit(1);
    }
};
