/** The database room: a real PostgreSQL, started by the application on a folder, that nobody else can reach. */
@NullMarked
package cloister.backend.database;

import org.jspecify.annotations.NullMarked;
