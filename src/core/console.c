#include "datamaestro/console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

void dm_console_size(int fd, int *columns, int *rows) {
  struct winsize size;
  *columns = 0;
  *rows = 0;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
    *columns = size.ws_col;
    *rows = size.ws_row;
  }
}

int dm_console_width(unsigned long code_point) {
  int width = -1;
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  if (utf8 != (locale_t)0 && code_point <= WCHAR_MAX) {
    locale_t before = uselocale(utf8);
    width = wcwidth((wchar_t)code_point);
    (void)uselocale(before);
  }
  if (utf8 != (locale_t)0)
    freelocale(utf8);
  return width >= 0 ? width : 1; /* what the library does not know is drawn as some sign */
}

double dm_console_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int dm_console_writable(int fd, const char *subject, struct dm_error *err) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0)
    return dm_error_set(err, DM_ERROR_USAGE, "%s: %d is not open (descriptor open for writing expected)",
                        subject, fd);
  if ((flags & O_ACCMODE) == O_RDONLY)
    return dm_error_set(err, DM_ERROR_USAGE,
                        "%s: %d is open for reading only (descriptor open for writing expected)", subject,
                        fd);
  return 0;
}

/* Once poll() says so, a pipe takes PIPE_BUF bytes at once; a socket promises nothing, but can be asked not
 * to wait. */
static ssize_t send_some(int fd, const char *bytes, size_t size) {
  size_t chunk = size < PIPE_BUF ? size : PIPE_BUF;
  ssize_t sent = send(fd, bytes, chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 && errno == ENOTSOCK ? write(fd, bytes, chunk) : sent;
}

int dm_console_send(int fd, const char *bytes, size_t size, int patience, size_t *written,
                    struct dm_error *err) {
  double end = dm_console_now() + patience / 1000.0;
  *written = 0;
  while (*written < size) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    double left = (end - dm_console_now()) * 1000.0;
    int count = poll(&ready, 1, left > 0 ? (int)left + 1 : 0);
    if (count == 0 || (count < 0 && errno == EINTR))
      return 0;
    ssize_t sent = count < 0 ? -1 : send_some(fd, bytes + *written, size - *written);
    if (sent >= 0)
      *written += (size_t)sent;
    else if (errno == EAGAIN)
      return 0;
    else
      return dm_error_errno(err, errno, "progress");
  }
  return 0;
}
