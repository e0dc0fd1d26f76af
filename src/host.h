/* The Lua state and all that surrounds it: modules, search paths, signals, the protected main. */
#ifndef DATAMAESTRO_HOST_H
#define DATAMAESTRO_HOST_H

/* Runs the command line in a fresh Lua state and returns the exit status. Prints on standard error
 * only what Lua could not report itself. */
int dm_host_run(int argc, char **argv);

#endif
