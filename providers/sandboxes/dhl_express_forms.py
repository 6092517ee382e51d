"""The bodies that the fake DHL Express takes, as compact rules (see `forms`): shipments, rates, pickups.

Made from DHL's OpenAPI 3.1.1 of MyDHL API (specs/dhl-express, 2 November 2025), which permits no extra names. `any`: branches for goods and
services that no small seller sends (dangerous goods, bank details, licences) are not looked into.
"""

from __future__ import annotations

from providers.sandboxes.forms import Forms

SHIPMENT = Forms(
    """
specialInstructions: value! s-80; typeCode s2-3
AddressCreateShipmentRequest: postalCode! s-12; cityName! s1-45; countryCode! s2; provinceCode s2-35; addressLine1! s1-45; addressLine2 s1-45; addressLine3 s1-45; countyName s1-45; provinceName s1-35; countryName s1-35
Contact: email s1-70; phone! s1-70; mobilePhone s1-70; companyName! s1-100; fullName! s1-255
RegistrationNumbers: typeCode! =VAT|EIN|GST|SSN|EOR|DUN|FED|STA|CNP|IE|INN|KPP|OGR|OKP|MRN|SDT|FTZ|DAN|TAN|DTF|RGP|DLI|NID|PAS|MID|IMS|EIC|FTN|CIC|PEP; number! s1-35; issuerCountryCode! s2
pickupDetails: postalAddress! @AddressCreateShipmentRequest; contactInformation! @Contact; registrationNumbers[-50] @RegistrationNumbers; bankDetails any; typeCode =business|direct_consumer|government|other|private|reseller
pickup: isRequested! b; closeTime s-5; location s-80; specialInstructions[-4] @specialInstructions; pickupDetails @pickupDetails; pickupRequestorDetails @pickupDetails
Account: typeCode! =shipper|payer|duties-taxes; number! s1-12
ValueAddedServices: serviceCode! s1-6; value n; currency s3; method s; dangerousGoods any
customerBarcodes: content! s1-25; textBelowBarcode s; symbologyCode! =93|39|128
customerLogos: fileFormat! =PNG|GIF|JPEG|JPG; content! s-1048576
imageOptions: typeCode! =label|waybillDoc|invoice|qr-code|shipmentReceipt; templateName s-25; isRequested b; hideAccountNumber b; numberOfCopies n; invoiceType =commercial|proforma|returns; languageCode s3; languageCountryCode s2; languageScriptCode s4; encodingFormat =png; renderDHLLogo b; fitLabelsToA4 b; labelFreeText s-150; labelCustomerDataText s1-250; shipmentReceiptCustomerDataText s1-700
outputImageProperties: printerDPI n; customerBarcodes[-1] @customerBarcodes; customerLogos[-1] @customerLogos; encodingFormat =pdf|zpl|lp2|epl; imageOptions[-20] @imageOptions; splitTransportAndWaybillDocLabels b; allDocumentsInOneImage b; splitDocumentsByPages b; splitInvoiceAndReceipt b; receiptAndLabelsInOneImage b
Reference: value! s1-35; typeCode =AAO|CU|FF|FN|IBC|LLR|OBC|PRN|ACP|ACS|ACR|CDN|STD|CO
Identifier: typeCode! =parentId|shipmentId|pieceId; value! s1-35; dataIdentifier s1-4
manufacturerDetails: postalAddress! @AddressCreateShipmentRequest; contactInformation! @Contact; registrationNumbers[-50] @RegistrationNumbers; bankDetails @RegistrationNumbers; typeCode s
customerDetails: shipperDetails! @pickupDetails; receiverDetails! @pickupDetails; buyerDetails @pickupDetails; importerDetails @pickupDetails; exporterDetails @pickupDetails; sellerDetails @pickupDetails; payerDetails @pickupDetails; manufacturerDetails @manufacturerDetails; ultimateConsigneeDetails @manufacturerDetails; brokerDetails @manufacturerDetails
dimensions: length! n; width! n; height! n
Package: typeCode =1CE|2BC|2BP|2BX|3BX|4BX|5BX|6BX|7BX|8BX|CE1|TBL|TBS|WB1|WB2|WB3|WB6|XPD; weight! n; dimensions @dimensions; customerReferences[1-99] @Reference; identifiers[-3] @Identifier; description s1-70; labelBarcodes any; labelText any; labelDescription s1-80; referenceNumber n
quantity: value! i; unitOfMeasurement! =BOX|2GM|M3|DPR|DOZ|PCS|GM|GRS|KG|M|3GM|X|NO|PRS|CM2|2M2|3M2|M2|4M2|CM|CONE|CT|EA|LBS|RILL|ROLL|SET|TU|KM|IN|FT|YD|MI|LTR|MMQ|CM3|DMQ|MLT|CLT|DLT|INQ|FT3|YD3|GLI|GLL|PT|PTI|QTI|PTL|QTL|PTD|OZI|J57|NM3|SM3|TNE|LB|ONZ|CEL
commodityCodes: typeCode! =outbound|inbound; value! s2-18
weight: netValue n; grossValue n
customerReferences: typeCode! =AFE|BRD|DGC|AAJ|INB|MAK|ALX|PAN|PON|ABW|SE|SON|OID|DTC|DTM|DTQ|DTR|ITR|MID|OED|OET|OOR|SME|USM|AAM|CFR|DOM|FOR|USG|MAT|NLR|DDS|ARN|OP|OSC|TAR|TCO|AEI|EXN|AFK|AEA|PTA; value! s1-35
customsDocuments: typeCode! =972|AHC|ALC|ATA|ATR|BEX|CHA|CHD|CHP|CIT|CIV|CI2|COO|CPA|CRL|CSD|DEX|DGD|DLI|DOV|ELP|EU1|EU2|EUS|EXL|FMA|HLC|HWB|INV|IPA|JLC|LIC|LNP|NID|PAS|PFI|PHY|PLI|POA|PCH|ROD|T2M|TAD|TCS|VET|VEX|ORD|OEI|RGR|CHA|CP2; value! s1-35
lineItems: number! i; description! s1-512; price! n; quantity! @quantity; commodityCodes[-2] @commodityCodes; exportControlClassificationNumber s-30; exportReasonType =permanent|temporary|return|used_exhibition_goods_to_origin|intercompany_use|commercial_purpose_or_sale|personal_belongings_or_personal_use|sample|gift|return_to_origin|warranty_replacement|diplomatic_goods|defence_material; manufacturerCountry! s2; weight! @weight; isTaxesPaid b; additionalInformation[1-8] s; customerReferences[-100] @customerReferences; customsDocuments[-50] @customsDocuments; preCalculatedLineItemTotalValue n
customerReferences2: typeCode! =ACL|CID|CN|CU|ITN|UCN|MRN|OID|PON|RMA|AAM|ABT|ADA|AES|AFD|ANT|BKN|BOL|CDN|COD|DSC|FF|FN|FTR|HWB|IBC|IPP|LLR|MAB|MWB|OBC|PD|PRN|RTL|SID|SS|SWN|TAR|TCO|PX|PTA; value! s1-35
indicativeCustomsValues: importCustomsDutyValue n; importTaxesValue n; totalWithImportDutiesAndTaxes n
preCalculatedTotalValues: preCalculatedTotalGoodsValue! n; preCalculatedTotalInvoiceValue! n
invoice: number! s1-35; date! s1-35; signatureName s-35; signatureTitle s-35; signatureImage s-1048576; instructions[1-1] s1-300; customerDataTextEntries[1-6] s-45; totalNetWeight n; totalGrossWeight n; customerReferences[-100] @customerReferences2; termsOfPayment s; indicativeCustomsValues @indicativeCustomsValues; preCalculatedTotalValues @preCalculatedTotalValues
remarks: value! s
additionalCharges: value! n; caption s; typeCode! =admin|delivery|documentation|expedite|export|freight|fuel_surcharge|logistic|other|packaging|pickup|handling|vat|insurance|reverse_charge
exporter: id s; code s
declarationNotes: value! s-700
licenses: typeCode! =export|import; value! s-16
exportDeclaration: lineItems![1-999] @lineItems; invoice @invoice; remarks[-3] @remarks; additionalCharges[-5] @additionalCharges; destinationPortName s; placeOfIncoterm s1-256; payerVATNumber s; recipientReference s; exporter @exporter; packageMarks s; declarationNotes[-3] @declarationNotes; exportReference s-40; exportReason s1-30; exportReasonType =permanent|temporary|return|used_exhibition_goods_to_origin|intercompany_use|commercial_purpose_or_sale|personal_belongings_or_personal_use|sample|gift|return_to_origin|warranty_replacement|diplomatic_goods|defence_material; licenses[-2] @licenses; shipmentType =personal|commercial; customsDocuments[-50] @customsDocuments
content: packages![1-999] @Package; areMorePackagesToBeAddedLater b; isCustomsDeclarable! b; declaredValue n; declaredValueCurrency s3; exportDeclaration @exportDeclaration; description! s1-70; USFilingTypeValue s1-20; incoterm! =EXW|FCA|CPT|CIP|DPU|DAP|DDP|FAS|FOB|CFR|CIF|DAF|DAT|DDU|DEQ|DES; unitOfMeasurement! =metric|imperial
shipmentNotification: typeCode! =email; receiverId! s1-50; languageCode s3; languageCountryCode s2; bespokeMessage s-250
estimatedDeliveryDate: isRequested! b; typeCode =QDDC|QDDF
getAdditionalInformation: typeCode =pickupDetails|optionalShipmentData|barcodeInformation|linkLabelsByPieces; isRequested! b
CreateShipmentRequest: plannedShippingDateAndTime! s1-29; pickup! @pickup; productCode! s1-6; localProductCode s1-3; getRateEstimates b; accounts![1-3] @Account; valueAddedServices[-99] @ValueAddedServices; outputImageProperties @outputImageProperties; customerReferences[-999] @Reference; identifiers[-5] @Identifier; customerDetails! @customerDetails; content! @content; documentImages any; onDemandDelivery any; requestOndemandDeliveryURL b; shipmentNotification[-5] @shipmentNotification; prepaidCharges any; getTransliteratedResponse b; estimatedDeliveryDate @estimatedDeliveryDate; getAdditionalInformation[-5] @getAdditionalInformation; parentShipment any
"""
)
OTHERS = Forms(
    """
AddressRatesRequest: postalCode! s-12; cityName! s1-45; countryCode! s2; provinceCode s2-35; addressLine1 s1-45; addressLine2 s1-45; addressLine3 s1-45; countyName s1-45
customerDetails: shipperDetails! @AddressRatesRequest; receiverDetails! @AddressRatesRequest
Account: typeCode! =shipper|payer|duties-taxes; number! s1-12
ValueAddedServicesRates: serviceCode! s1-6; localServiceCode s1-3; value n; currency s3; method =cash
productsAndServices: productCode! s1-6; localProductCode s1-3; valueAddedServices[-99] @ValueAddedServicesRates
monetaryAmount: typeCode! =declaredValue|insuredValue; value! n; currency! s3
estimatedDeliveryDate: isRequested b; typeCode =QDDC|QDDF
getAdditionalInformation: typeCode =allValueAddedServices|allValueAddedServicesAndRuleGroups|sortCodes; isRequested! b
dimensions: length! n; width! n; height! n
PackageRR: typeCode =1CE|2BC|2BP|2BX|3BX|4BX|5BX|6BX|7BX|8BX|CE1|TBL|TBS|WB1|WB2|WB3|WB6|XPD; weight! n; dimensions @dimensions
RateRequest: customerDetails! @customerDetails; accounts[-2] @Account; productCode s1-6; localProductCode s1-3; valueAddedServices[-99] @ValueAddedServicesRates; productsAndServices[] @productsAndServices; payerCountryCode s2; plannedShippingDateAndTime! s1-29; unitOfMeasurement! =metric|imperial; isCustomsDeclarable! b; monetaryAmount[] @monetaryAmount; requestAllValueAddedServices b; estimatedDeliveryDate @estimatedDeliveryDate; getAdditionalInformation[-3] @getAdditionalInformation; returnStandardProductsOnly b; nextBusinessDay b; productTypeCode =all|dayDefinite|timeDefinite; packages![1-999] @PackageRR
specialInstructions: value! s-80; typeCode s2-3
Address: postalCode! s-12; cityName! s1-45; countryCode! s2; provinceCode s2-35; addressLine1! s1-45; addressLine2 s1-45; addressLine3 s1-45; countyName s1-45
Contact: email s1-70; phone! s1-70; mobilePhone s1-70; companyName! s1-100; fullName! s1-255
shipperDetails: postalAddress! @Address; contactInformation! @Contact
bookingRequestorDetails: postalAddress @Address; contactInformation! @Contact
customerDetails2: shipperDetails! @shipperDetails; receiverDetails @shipperDetails; bookingRequestorDetails @bookingRequestorDetails; pickupDetails @shipperDetails
shipmentDetails: productCode! s1-6; localProductCode s1-3; accounts[-5] @Account; valueAddedServices[-99] @ValueAddedServicesRates; isCustomsDeclarable! b; declaredValue n; declaredValueCurrency s3; unitOfMeasurement! =metric|imperial; shipmentTrackingNumber s; packages![1-999] @PackageRR
PickupRequest: plannedPickupDateAndTime! s1-29; closeTime s-5; location s-80; locationType =business|residence; accounts![1-5] @Account; specialInstructions[-4] @specialInstructions; remark s; customerDetails! @customerDetails2; shipmentDetails![1-999] @shipmentDetails
UpdatePickupRequest: dispatchConfirmationNumber! s15-20; originalShipperAccountNumber! s1-12; plannedPickupDateAndTime! s1-29; closeTime s-5; location s-80; locationType =business|residence; accounts![1-5] @Account; specialInstructions[-4] @specialInstructions; remark s; customerDetails! @customerDetails2; shipmentDetails[1-999] @shipmentDetails
"""
)
