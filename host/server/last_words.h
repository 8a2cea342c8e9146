// SPDX-License-Identifier: MIT
//
// What a plugin that ends the process would leave unsaid: by which signal it crashed and where, or that it
// called exit(). To Kapacitor all of that is a broken pipe.
#pragma once

#include <memory>
#include <string>

#include "log/event.h"

namespace server {

// Gives this thread a stack of its own for signals while it lives, where it has none: a stack that has
// overflowed is not one to speak from.
class SignalStack {
public:
    SignalStack();
    ~SignalStack();
    SignalStack(const SignalStack&) = delete;
    SignalStack& operator=(const SignalStack&) = delete;

private:
    std::unique_ptr<char[]> bytes_;
};

// While it lives, a crash or an exit() is told on stderr in one line of the log, for a crash with the stack of the
// thread. Signals that have a handler keep it. One at a time; make it after relay_stderr() and before any plugin is
// loaded.
class LastWords {
public:
    LastWords(logging::Where where, std::string plugin);
    ~LastWords();
    LastWords(const LastWords&) = delete;
    LastWords& operator=(const LastWords&) = delete;

private:
    friend struct Dying;

    const logging::Where where_;
    const std::string plugin_;
    const SignalStack stack_;
};

}  // namespace server
