"""The bodies that the fake FedEx takes, as compact rules (see `forms`): ship and cancel, rate, track.

Made from FedEx' OpenAPI exports (specs/fedex, 23 June 2026); lengths and counts are those of the descriptions. `any`: branches for goods and
services that no small seller sends (dangerous goods, freight, US filings) are not looked into.
"""

from __future__ import annotations

from providers.sandboxes.forms import Forms

SHIP = Forms(
    """
Money: amount n; currency s
T2: streetLines![1-] s1-35; city! s1-35; stateOrProvinceCode s; postalCode s-10; countryCode! s2; residential b
PartyContact: personName s-70; emailAddress s; phoneExtension s; phoneNumber! s10-15; companyName s-35
TaxpayerIdentification: number! s; tinType! =PERSONAL_NATIONAL|PERSONAL_STATE|FEDERAL|BUSINESS_NATIONAL|BUSINESS_STATE|BUSINESS_UNION; usage s; effectiveDate s; expirationDate s
ShipperParty: address! @T2; contact! @PartyContact; tins[] @TaxpayerIdentification
RecipientsParty: address! @T2; contact! @PartyContact; tins[] @TaxpayerIdentification; deliveryInstructions s
PartyAccountNumber: value s
SoldToParty: address @T2; contact @PartyContact; tins[] @TaxpayerIdentification; accountNumber @PartyAccountNumber
T22: personName s; emailAddress s; phoneNumber s; phoneExtension s; faxNumber s; companyName s
T1: streetLines[1-] s1-35; city s; stateOrProvinceCode s; postalCode s-10; countryCode s; residential b
T12: contact @T22; address @T1
ResponsiblePartyParty: address @T2; contact @PartyContact; accountNumber! @PartyAccountNumber
Payor: responsibleParty! @ResponsiblePartyParty
Payment: paymentType! =SENDER|RECIPIENT|THIRD_PARTY|COLLECT; payor @Payor
UploadDocumentReferenceDetail: documentType =CERTIFICATE_OF_ORIGIN|NET_RATE_SHEET|COMMERCIAL_INVOICE|ETD_LABEL|USMCA_CERTIFICATION_OF_ORIGIN|OTHER|PRO_FORMA_INVOICE|USMCA_COMMERCIAL_INVOICE_CERTIFICATION_OF_ORIGIN; documentReference s; description s; documentId s
ETDDetail: attributes[] =POST_SHIPMENT_UPLOAD_REQUESTED; attachedDocuments[] @UploadDocumentReferenceDetail; requestedDocumentTypes[] =CERTIFICATE_OF_ORIGIN|COMMERCIAL_INVOICE|CUSTOM_PACKAGE_DOCUMENT|CUSTOM_SHIPMENT_DOCUMENT|CUSTOMER_SPECIFIED_LABELS|EXPORT_DECLARATION|GENERAL_AGENCY_AGREEMENT|LABEL|USMCA_CERTIFICATION_OF_ORIGIN|OP_900|PENDING_SHIPMENT_EMAIL_NOTIFICATION|PRO_FORMA_INVOICE|RETURN_INSTRUCTIONS|USMCA_COMMERCIAL_INVOICE_CERTIFICATION_OF_ORIGIN
ShipmentSpecialServicesRequested: specialServiceTypes[] s; etdDetail @ETDDetail; returnShipmentDetail any; deliveryOnInvoiceAcceptanceDetail any; internationalTrafficInArmsRegulationsDetail any; pendingShipmentDetail any; holdAtLocationDetail any; shipmentCODDetail any; shipmentDryIceDetail any; internationalControlledExportDetail any; homeDeliveryPremiumDetail any
CustomerReference: customerReferenceType =CUSTOMER_REFERENCE|DEPARTMENT_NUMBER|INVOICE_NUMBER|P_O_NUMBER|INTRACOUNTRY_REGULATORY_REFERENCE|RMA_ASSOCIATION; value s
CommercialInvoice: originatorName s; paymentTerms s; comments[] s; customerReferences[] @CustomerReference; taxesOrMiscellaneousCharge @Money; taxesOrMiscellaneousChargeType =COMMISSIONS|DISCOUNTS|HANDLING_FEES|OTHER|ROYALTIES_AND_LICENSE_FEES|TAXES; freightCharge @Money; packingCosts @Money; handlingCosts @Money; declarationStatement s; termsOfSale s; specialInstructions s; shipmentPurpose =GIFT|NOT_SOLD|PERSONAL_EFFECTS|REPAIR_AND_RETURN|SAMPLE|SOLD; emailNotificationDetail any
T23: address @T1; contact @T22; accountNumber @PartyAccountNumber; tins[] @TaxpayerIdentification
T13: responsibleParty @T23
BillingDetails: billingCode s; billingType s; aliasId s; accountNickname s; accountNumber s; accountNumberCountryCode s
T14: payor @T13; billingDetails @BillingDetails; paymentType =SENDER|RECIPIENT|THIRD_PARTY|COLLECT
contact: companyName s
ClearanceItemDetail: role =MANUFACTURER; id s; contact @contact; address @T1
T4: units! =KG; value! n
Commodity: clearanceItemDetail[] @ClearanceItemDetail; unitPrice @Money; additionalMeasures any; numberOfPieces i; quantity i; quantityUnits s; customsValue @Money; countryOfManufacture s; cIMarksAndNumbers s; harmonizedCode s; description! s; name s; weight @T4; exportLicenseNumber s; exportLicenseExpirationDate s; partNumber s; purpose =BUSINESS|CONSUMER; usmcaDetail any
T15: address @T2; contact! @PartyContact; accountNumber @PartyAccountNumber; tins[] @TaxpayerIdentification
UsmcaLowValueStatementDetail: countryOfOriginLowValueDocumentRequested b; customsRole! =EXPORTER|IMPORTER
CustomsDeclarationStatementDetail: usmcaLowValueStatementDetail! @UsmcaLowValueStatementDetail
CustomsClearanceDetail: regulatoryControls[] =FOOD_OR_PERISHABLE|USMCA|NOT_APPLICABLE_FOR_LOW_VALUE_CUSTOMS_EXCEPTIONS|NOT_IN_FREE_CIRCULATION; brokers any; commercialInvoice! @CommercialInvoice; freightOnValue =CARRIER_RISK|OWN_RISK; dutiesPayment @T14; commodities![1-] @Commodity; isDocumentOnly b; recipientCustomsId any; customsOption any; importerOfRecord @T15; generatedDocumentLocale s; exportDetail any; totalCustomsValue @Money; partiesToTransactionAreRelated b; declarationStatementDetail @CustomsDeclarationStatementDetail; insuranceCharge @Money
DocTabZoneSpecification: zoneNumber i; header s; dataField s; literalValue s; justification =LEFT|RIGHT
DocTabContentZone001: docTabZoneSpecifications[] @DocTabZoneSpecification
DocTabContentBarcoded: symbology =CODABAR|CODE128|CODE128_WIDEBAR|CODE128B|CODE128C|CODE39|CODE93|I2OF5|MANUAL|PDF417|POSTNET|QR_CODE|UCC128; specification @DocTabZoneSpecification
DocTabContent: docTabContentType =BARCODED|CUSTOM|MINIMUM|STANDARD|ZONE001; zone001 @DocTabContentZone001; barcoded @DocTabContentBarcoded
CustomerSpecifiedLabelDetail: maskedData[] =CUSTOMS_VALUE|SHIPPER_ACCOUNT_NUMBER|DIMENSIONS|DUTIES_AND_TAXES_PAYOR_ACCOUNT_NUMBER|INSURED_VALUE|SECONDARY_BARCODE|SHIPPER_INFORMATION|TERMS_AND_CONDITIONS|TOTAL_WEIGHT|TRANSPORTATION_CHARGES_PAYOR_ACCOUNT_NUMBER; regulatoryLabels any; additionalLabels any; docTabContent @DocTabContent
LabelSpecification: labelFormatType =COMMON2D|LABEL_DATA_ONLY; labelOrder =SHIPPING_LABEL_FIRST|SHIPPING_LABEL_LAST; customerSpecifiedDetail @CustomerSpecifiedLabelDetail; printedLabelOrigin @T12; labelStockType! =PAPER_4X6|STOCK_4X675|PAPER_4X675|PAPER_4X8|PAPER_4X9|PAPER_7X475|PAPER_85X11_BOTTOM_HALF_LABEL|PAPER_85X11_TOP_HALF_LABEL|PAPER_LETTER|STOCK_4X675_LEADING_DOC_TAB|STOCK_4X8|STOCK_4X9_LEADING_DOC_TAB|STOCK_4X6|STOCK_4X675_TRAILING_DOC_TAB|STOCK_4X9_TRAILING_DOC_TAB|STOCK_4X9|STOCK_4X85_TRAILING_DOC_TAB|STOCK_4X105_TRAILING_DOC_TAB; labelRotation =LEFT|RIGHT|UPSIDE_DOWN|NONE; imageType! =ZPLII|EPL2|PDF|PNG; labelPrintingOrientation =BOTTOM_EDGE_OF_TEXT_FIRST|TOP_EDGE_OF_TEXT_FIRST; returnedDispositionDetail s; resolution i
CustomerImageUsage: id =IMAGE_1|IMAGE_2|IMAGE_3|IMAGE_4|IMAGE_5; type =SIGNATURE|LETTER_HEAD; providedImageType =LETTER_HEAD|SIGNATURE
DocumentFormatOptionsRequested: options[] =SHIPPING_LABEL_FIRST|SHIPPING_LABEL_LAST|SUPPRESS_ADDITIONAL_LANGUAGES
ShippingDocumentEmailRecipient: emailAddress s; recipientType! =BROKER|OTHER|RECIPIENT|SHIPPER|THIRD_PARTY|OTHER1|OTHER2
ShippingDocumentEmailDetail: eMailRecipients![] @ShippingDocumentEmailRecipient; locale s; grouping =BY_RECIPIENT|NONE
ShippingDocumentDispositionDetail: eMailDetail @ShippingDocumentEmailDetail; dispositionType =CONFIRMED|DEFERRED_QUEUED|DEFERRED_RETURNED|DEFERRED_STORED|EMAILED|QUEUED|RETURNED|STORED
ShippingDocumentFormat: provideInstructions b; optionsRequested @DocumentFormatOptionsRequested; stockType =PAPER_LETTER; dispositions[] @ShippingDocumentDispositionDetail; locale s; docType =PDF
CommercialInvoiceDetail: customerImageUsages[] @CustomerImageUsage; documentFormat @ShippingDocumentFormat
ShippingDocumentSpecification: generalAgencyAgreementDetail any; returnInstructionsDetail any; op900Detail any; usmcaCertificationOfOriginDetail any; usmcaCommercialInvoiceCertificationOfOriginDetail any; shippingDocumentTypes[] =CERTIFICATE_OF_ORIGIN|COMMERCIAL_INVOICE|CUSTOM_PACKAGE_DOCUMENT|CUSTOM_SHIPMENT_DOCUMENT|CUSTOMER_SPECIFIED_LABELS|EXPORT_DECLARATION|GENERAL_AGENCY_AGREEMENT|LABEL|USMCA_CERTIFICATION_OF_ORIGIN|OP_900|PENDING_SHIPMENT_EMAIL_NOTIFICATION|PRO_FORMA_INVOICE|RETURN_INSTRUCTIONS|USMCA_COMMERCIAL_INVOICE_CERTIFICATION_OF_ORIGIN; certificateOfOrigin any; commercialInvoiceDetail @CommercialInvoiceDetail
MasterTrackingId: formId s; trackingIdType s; uspsApplicationId s; trackingNumber s
Weight: units! =KG|LB; value! n
Dimensions: length i; width i; height i; units =CM|IN
StandaloneBatteryDetails: batteryMaterialType =LITHIUM_METAL|LITHIUM_ION
PackageSpecialServicesRequested: specialServiceTypes[] s; signatureOptionType =SERVICE_DEFAULT|NO_SIGNATURE_REQUIRED|INDIRECT|DIRECT|ADULT; priorityAlertDetail any; signatureOptionDetail any; alcoholDetail any; dangerousGoodsDetail any; packageCODDetail any; pieceCountVerificationBoxCount i; batteryDetails any; dryIceWeight @Weight; standaloneBatteryDetails[] @StandaloneBatteryDetails
RequestedPackageLineItem: sequenceNumber i; subPackagingType s; customerReferences[] @CustomerReference; declaredValue @Money; weight! @Weight; dimensions @Dimensions; groupPackageCount i; itemDescriptionForClearance s; contentRecord any; itemDescription s; variableHandlingChargeDetail any; packageSpecialServices @PackageSpecialServicesRequested
T16: shipDatestamp d; totalDeclaredValue @Money; shipper! @ShipperParty; recipients![1-1] @RecipientsParty; pickupDetail any; soldTo @SoldToParty; recipientLocationNumber s; pickupType! =CONTACT_FEDEX_TO_SCHEDULE|DROPOFF_AT_FEDEX_LOCATION|USE_SCHEDULED_PICKUP; serviceType! s; packagingType! s; totalWeight! n; origin @T12; shippingChargesPayment! @Payment; shipmentSpecialServices @ShipmentSpecialServicesRequested; emailNotificationDetail any; expressFreightDetail any; variableHandlingChargeDetail any; customsClearanceDetail @CustomsClearanceDetail; smartPostInfoDetail any; blockInsightVisibility b; labelSpecification! @LabelSpecification; shippingDocumentSpecification @ShippingDocumentSpecification; rateRequestType[] =LIST|NONE|PREFERRED|ACCOUNT|INCENTIVE|RETAIL; preferredCurrency s; totalPackageCount i; masterTrackingId @MasterTrackingId; requestedPackageLineItems![1-40] @RequestedPackageLineItem
ShipperAccountNumber: value! s
Version: major i; minor i; patch i
Create: mergeLabelDocOption =NONE|LABELS_AND_DOCS|LABELS_ONLY; requestedShipment! @T16; labelResponseOptions! =URL_ONLY|LABEL; accountNumber! @ShipperAccountNumber; shipAction =CONFIRM|TRANSFER; processingOptionType =SYNCHRONOUS_ONLY|ALLOW_ASYNCHRONOUS; oneLabelAtATime b; version @Version; processingOptions any
Cancel: accountNumber! @ShipperAccountNumber; emailShipment b; senderCountryCode s; deletionControl =DELETE_ALL_PACKAGES; trackingNumber! s; version @Version
Verify: requestedShipment! @T16; accountNumber @ShipperAccountNumber
"""
)
RATE = Forms(
    """
AccountNumber: value s
RateRequestControlParameters: returnTransitTimes b; servicesNeededOnRateFailure b; variableOptions =SATURDAY_DELIVERY|FREIGHT_GUARANTEE|SMART_POST_ALLOWED_INDICIA|SMARTPOST_HUB_ID; rateSortOrder =COMMITASCENDING|SERVICENAMETRADITIONAL|COMMITDESCENDING
T: city s; stateOrProvinceCode s; postalCode! s; countryCode! s2; residential b
RateParty: address! @T
T2: amount n; currency s
T3: units! s; value! n
T4: length! i; width! i; height! i; units! s
RequestedPackageLineItem: subPackagingType s; groupPackageCount i; declaredValue @T2; weight! @T3; dimensions @T4; variableHandlingChargeDetail any; packageSpecialServices any
CommercialInvoice: shipmentPurpose =GIFT|NOT_SOLD|PERSONAL_EFFECTS|REPAIR_AND_RETURN|SAMPLE|SOLD|COMMERCIAL|RETURN_AND_REPAIR|PERSONAL_USE
T22: city s; stateOrProvinceCode s; postalCode s-10; countryCode s; residential b
T23: personName s; emailAddress s; phoneNumber s; phoneExtension s; faxNumber s; companyName s
responsibleParty: address @T22; contact @T23; accountNumber! any
Payor: responsibleParty @responsibleParty
Payment: payor @Payor; paymentType =SENDER|RECIPIENT|THIRD_PARTY
Commodity: description s; weight @T3; quantity i; customsValue @T2; unitPrice @T2; numberOfPieces i; countryOfManufacture s; quantityUnits s; name s; harmonizedCode s; partNumber s
CustomsClearanceDetail: brokers any; commercialInvoice @CommercialInvoice; freightOnValue =CARRIER_RISK|OWN_RISK; dutiesPayment @Payment; commodities![1-] @Commodity
RequestedShipment: shipper! @RateParty; pickupDetail any; recipient! @RateParty; serviceType s; preferredCurrency s; rateRequestType[] =LIST|INCENTIVE|ACCOUNT|PREFERRED; shipDateStamp d; pickupType! =CONTACT_FEDEX_TO_SCHEDULE|DROPOFF_AT_FEDEX_LOCATION|USE_SCHEDULED_PICKUP; requestedPackageLineItems![1-40] @RequestedPackageLineItem; documentShipment b; variableHandlingChargeDetail any; packagingType s; totalPackageCount i; totalWeight n; shipmentSpecialServices any; customsClearanceDetail @CustomsClearanceDetail; smartPostInfoDetail any
Version: major i; minor i; patch i
Rate: accountNumber! @AccountNumber; rateRequestControlParameters @RateRequestControlParameters; requestedShipment! @RequestedShipment; processingOptions[] =INCLUDE_PICKUPRATES; carrierCodes[] s; version @Version
"""
)
TRACK = Forms(
    """
TrackingNumberInfo: trackingNumber! s1-40; carrierCode =FDXE|FDXG|FXSP|FXFR|FDXC|FXCC|FEDEX_CARGO|FEDEX_CUSTOM_CRITICAL|FEDEX_EXPRESS|FEDEX_FREIGHT|FEDEX_GROUND|FEDEX_OFFICE|FEDEX_KINKOS|FX|FDFR|FDEG|FXK|FDC|FDCC; trackingNumberUniqueId s
TrackingInfo: shipDateBegin d; shipDateEnd d; trackingNumberInfo! @TrackingNumberInfo
Numbers: includeDetailedScans! b; trackingInfo![1-30] @TrackingInfo
ReferenceInformation: carrierCode s; type s; value! s1-40; accountNumber s; shipDateBegin! d; shipDateEndDate! d; destinationCountryCode s; destinationPostalCode s
References: referencesInformation! @ReferenceInformation; includeDetailedScans b
"""
)
