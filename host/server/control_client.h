// SPDX-License-Identifier: MIT
//
// Asks processes through their control sockets. What answers may be anybody's process: an answer is bounded in size and
// time, and nothing about it may be believed.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace server {

struct ControlAnswer {
    std::filesystem::path socket;
    int process;       // as the name of the socket has it
    std::string line;  // empty where there is a problem
    std::string problem;
    std::chrono::steady_clock::time_point at;  // when it came
};

// One request to all sockets that there are, at the same time; those of dead processes are removed. In the order of
// the numbers of the processes.
std::vector<ControlAnswer> ask_all(const std::string& request, std::chrono::milliseconds limit);

// The same to some.
std::vector<ControlAnswer> ask(const std::vector<std::filesystem::path>& sockets, const std::string& request,
                               std::chrono::milliseconds limit);

static constexpr size_t kLongestAnswer = 16u << 20;  // bytes

// Removes the socket where its process is dead: nobody listens on it. Who is alive hears nothing of it.
void remove_if_dead(const std::filesystem::path& socket) noexcept;
void remove_dead_sockets(const std::filesystem::path& directory) noexcept;

}  // namespace server
