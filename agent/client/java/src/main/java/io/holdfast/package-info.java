/** The Java binding of libholdfast: software licensing bound to hardware, asked of the agent of this host. {@link io.holdfast.Holdfast} is where to begin. */
package io.holdfast;
