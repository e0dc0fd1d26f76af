--- Error codes and the exit status of each. One list: the C core's names (include/datamaestro/error.h)
-- and those of the Lua layers.
return {
  error = 1, -- anything else
  usage = 2, -- bad arguments
  unknown = 3, -- no such dataset, repository, file
  network = 4, -- host, connection, TLS, timeout, HTTP status
  checksum = 5, -- bytes are not what was declared
  agreement = 6, -- terms not accepted
  auth = 7, -- token or login needed
  space = 8, -- disk or quota full, or too large a file for the file system
  busy = 9, -- another process holds it
  definition = 10, -- a dataset script is wrong
  offline = 11, -- would need the network, and --offline was asked
  format = 12, -- a file is damaged or not of the stated format
  interrupted = 130, -- Ctrl-C; finished files are kept
}
