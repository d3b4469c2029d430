package account

// CheckPIN lets tests choose PINs.
var CheckPIN = checkPIN
