// SPDX-License-Identifier: MIT
//
// A unix socket or a TCP port that is being listened on. The file of a unix socket is the
// listener's: the destructor removes it. Not closed by exec alone, but also in children that a
// plugin forks. One thread.
#pragma once

#include <sys/types.h>

#include <string>

#include "wire/endpoint.h"
#include "wire/unique_fd.h"

namespace server {

inline constexpr mode_t kSocketMode = 0660;

class Listener {
public:
    // Throws std::runtime_error where somebody listens there already, or where that cannot be done. A
    // stale file, one that nobody listens on, is replaced; one that is no socket is not. Mode and group, by
    // name, where empty leaves it as it is, are those of the file. Of a host with several addresses it
    // takes the first that this machine has. A socket that the service manager has opened there is taken
    // as it is, and its file stays.
    explicit Listener(wire::Endpoint endpoint, mode_t mode = kSocketMode, const std::string& group = {});
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    int fd() const noexcept { return fd_.get(); }  // does not block
    // With the port that is listened on where any was asked for.
    const wire::Endpoint& endpoint() const noexcept { return endpoint_; }
    std::string name() const;  // for people: a path, or tcp:HOST:PORT
    // Whether whoever connects to the endpoint gets here: the file is still there, and ours.
    bool is_there() const noexcept;

private:
    void know_file() noexcept;
    void open_file(mode_t mode, const std::string& group);
    void open_port();

    wire::Endpoint endpoint_;
    wire::unique_fd fd_;
    bool ours_ = true;  // not the service manager's
    dev_t device_ = 0;  // of the file, to know it again
    ino_t inode_ = 0;
};

}  // namespace server
