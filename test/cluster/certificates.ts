/** Shipped with the kit for plugin authors. Tests of src and webhook have it from here: they may not know sdk. */
export { createAuthority, type Authority, type IssuedCertificate } from '../../sdk/testing/certificates.ts';
