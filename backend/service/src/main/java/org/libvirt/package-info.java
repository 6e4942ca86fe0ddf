/** What libvirt-java lacks: one class, in its package because it needs pointers that are package-private there. */
@NullMarked
package org.libvirt;

import org.jspecify.annotations.NullMarked;
