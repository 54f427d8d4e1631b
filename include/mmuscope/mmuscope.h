/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All of libmmuscope: a model of Linux's MMUs with MMU notifiers. The rules are in base.h. */
#ifndef MMUSCOPE_MMUSCOPE_H
#define MMUSCOPE_MMUSCOPE_H

#include <mmuscope/base.h>
#include <mmuscope/event.h>
#include <mmuscope/machine.h>
#include <mmuscope/mm.h>
#include <mmuscope/notifier.h>
#include <mmuscope/script.h>
#include <mmuscope/vm.h>

#endif /* MMUSCOPE_MMUSCOPE_H */
