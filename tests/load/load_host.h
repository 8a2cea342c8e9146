// SPDX-License-Identifier: MIT
//
// A real udf-host under load, and what it holds of the machine meanwhile. The load is the whole one
// in a release build; slower builds, which look for other things, have a part of it.
#pragma once

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "server/descriptor_limit.h"
#include "system/socket_host.h"

#ifdef FULL_LOAD
inline constexpr bool kFullLoad = true;
#else
inline constexpr bool kFullLoad = false;
#endif

class LoadHost : public SocketHost {
public:
    explicit LoadHost(const char* plugin) : SocketHost(plugin) {
        server::raise_descriptor_limit();  // for our side of it
        running() = process.pid();
        std::signal(SIGALRM, give_up);
        ::alarm(kMostSeconds);
        // The connection that has found out whether it listens was accepted before this one. Then both
        // are gone, and what listens is left.
        {
            Task task(path);
            task.session.info();
            task.session.finish();
        }
        REQUIRE(eventually([&] { return sockets() == 1; }));
        descriptors_ = entries("fd");
        threads_ = threads();
    }
    LoadHost(const LoadHost&) = delete;
    LoadHost& operator=(const LoadHost&) = delete;
    ~LoadHost() { ::alarm(0); }

    size_t threads() const { return entries("task"); }

    // Nothing is left of the connections that there were.
    bool is_as_before() const {
        return eventually([&] { return threads() <= threads_ && entries("fd") == descriptors_; });
    }

    size_t resident_kib() const {
        std::ifstream status(folder() / "status");
        std::string word;
        while (status >> word && word != "VmRSS:") {
        }
        size_t kib = 0;
        status >> kib;
        REQUIRE(kib > 0);
        return kib;
    }

    // It ends in order; where leaks are looked for, there is none.
    void check_stop() {
        process.signal(SIGTERM);
        CHECK_MESSAGE(process.status() == 0, process.errors());
    }

private:
    static constexpr unsigned kMostSeconds = 240;

    std::filesystem::path folder() const { return "/proc/" + std::to_string(process.pid()); }
    size_t entries(const char* what) const {
        using Entries = std::filesystem::directory_iterator;
        return static_cast<size_t>(std::distance(Entries(folder() / what), Entries()));
    }

    size_t sockets() const {
        size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder() / "fd")) {
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
