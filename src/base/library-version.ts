/** Which version of the library is this? */

/** The version of the library (a test keeps it equal to package.json). */
export const libraryVersion = '0.1.0';
