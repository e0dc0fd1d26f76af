/* Whose is a file that a process leaves behind: names of processes that another process, later or on another
 * machine, can ask after. */
#ifndef DATAMAESTRO_OWNER_H
#define DATAMAESTRO_OWNER_H

enum { DM_OWNER_SIZE = 64 }; /* bytes, with NUL */

enum dm_owner_life {
  DM_OWNER_DEAD,
  DM_OWNER_ALIVE,
  DM_OWNER_UNKNOWN, /* of another machine, another container, or another boot of this one */
};

/* This process's name: "PLACE-PID-START", letters, digits and dashes. PLACE stands for this boot of this
 * machine and this space of process numbers, START for when the process began (clock ticks since the boot).
 */
void dm_owner_name(char name[DM_OWNER_SIZE]);

/* Whether the process of that name lives. */
enum dm_owner_life dm_owner_life(const char *name);

#endif
