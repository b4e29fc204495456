// GitProtocol
