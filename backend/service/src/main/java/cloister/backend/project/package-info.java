/** The project room: projects, their members, and the life of each project's CVM. */
@NullMarked
package cloister.backend.project;

import org.jspecify.annotations.NullMarked;
