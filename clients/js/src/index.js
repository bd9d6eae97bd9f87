export { ControlError, VerificationError } from "./control.js";
export { connect } from "./mock.js";
export { startMock } from "./server.js";
