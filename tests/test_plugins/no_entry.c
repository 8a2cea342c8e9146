/* SPDX-License-Identifier: MIT */
/* A shared object like any other. */
extern __attribute__((visibility("default"))) int answer(void);
int answer(void) { return 42; }
