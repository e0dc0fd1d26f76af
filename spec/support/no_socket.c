/* To be preloaded: no socket can be had, and who asks for one is noted by a file of the name in
 * NO_SOCKET_NOTE. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int socket(int domain, int type, int protocol) {
  const char *note = getenv("NO_SOCKET_NOTE");
  (void)domain;
  (void)type;
  (void)protocol;
  int fd = note != NULL ? open(note, O_WRONLY | O_CREAT, 0666) : -1;
  if (fd >= 0)
    (void)close(fd);
  errno = EACCES;
  return -1;
}
