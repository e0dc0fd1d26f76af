/* The part of module datamaestro.api.file that publishes on a thread of its own. */
#ifndef DATAMAESTRO_FILE_PUBLICATION_H
#define DATAMAESTRO_FILE_PUBLICATION_H

#include <lua.h>

/* file.publish_start, for the module's table. */
int dm_lua_publish_start(lua_State *L);

/* Registers the class of its handles. */
void dm_lua_publication_class(lua_State *L);

#endif
