/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026, the netmapcuse authors.
 *
 * For tests: a few checkable frames from one port to another, and the counting of checks.
 */
#ifndef COMMON_EXCHANGE_H
#define COMMON_EXCHANGE_H

#include "port.h"

/* Queues n frames of 60 bytes, numbered from first on, and syncs. Returns how many there was room for, or -1. */
int frames_send(struct port *port, unsigned int n, uint64_t first);

/*
 * Receives until n good frames have come or the time is over. Returns how many came; frames that are damaged or not in
 * sequence from first on are counted in *wrong.
 */
unsigned int frames_receive(struct port *port, unsigned int n, uint64_t first, uint64_t timeout_ns,
    unsigned int *wrong);

/* Sends n frames from one port and expects exactly these at the other; 1 if so. */
int frames_exchange(struct port *from, struct port *to, unsigned int n);

/* Prints "ok NAME" or "FAIL NAME: got GOT expected EXPECTED" and remembers failures. */
extern int check_failures;
void check_true(const char *name, int good);
void check_number(const char *name, uint64_t got, uint64_t expected);
void check_errno(const char *name, int got, int expected);
int check_result(void);

#endif
