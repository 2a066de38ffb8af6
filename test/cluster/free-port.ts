/** Shipped with the kit for plugin authors. Tests of src and webhook have it from here: they may not know sdk. */
export { freePort } from '../../sdk/testing/free-port.ts';
