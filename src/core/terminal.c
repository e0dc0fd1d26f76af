#include "datamaestro/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "datamaestro/pulse.h"

struct dm_terminal_size dm_terminal_size(int fd) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0)
    return (struct dm_terminal_size){.columns = 0};
  return (struct dm_terminal_size){size.ws_col, size.ws_row, size.ws_xpixel, size.ws_ypixel};
}

/* Whether no keys wait, which would be taken for an answer. */
static int is_free(int fd) {
  int waiting = 0;
  return ioctl(fd, FIONREAD, &waiting) == 0 && waiting == 0;
}

static int send_query(int fd, const char *query) {
  size_t length = strlen(query);
  return write(fd, query, length) == (ssize_t)length;
}

/* The answer up to `end`, or 0. */
static size_t read_answer(int fd, char end, int timeout, char *answer, size_t capacity) {
  int64_t until = dm_pulse_now() + timeout;
  size_t length = 0;
  while (length + 1 < capacity) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int64_t left = until - dm_pulse_now();
    if (left <= 0 || poll(&wait, 1, (int)left) <= 0 || read(fd, answer + length, 1) != 1)
      return 0;
    if (answer[length++] == end) {
      answer[length] = '\0';
      return length;
    }
  }
  return 0;
}

/* Line by line input and echo off, the question, the answer, all as it was. */
static size_t converse(int fd, const char *query, char end, int timeout, char *answer, size_t capacity) {
  struct termios before;
  size_t length = 0;
  if (tcgetattr(fd, &before) != 0)
    return 0;
  struct termios quiet = before;
  quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  quiet.c_cc[VMIN] = 1;
  quiet.c_cc[VTIME] = 0;
  if (tcsetattr(fd, TCSANOW, &quiet) == 0 && is_free(fd) && send_query(fd, query))
    length = read_answer(fd, end, timeout, answer, capacity);
  (void)tcsetattr(fd, TCSADRAIN, &before);
  return length;
}

size_t dm_terminal_ask(const char *query, char end, int timeout, char *answer, size_t capacity) {
  sigset_t all;
  sigset_t before;
  size_t length = 0;
  answer[0] = '\0';
  int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return 0;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  if (tcgetpgrp(fd) == getpgrp()) /* a process in the background must leave the mode alone */
    length = converse(fd, query, end, timeout, answer, capacity);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  (void)close(fd);
  return length;
}
